/** Bytes of a buffer that a view may keep alive beyond twice its own length. */
const slack = 1024;

/** The same bytes, to be kept: they must not keep a buffer alive that is many times as long. */
export function own(view: Uint8Array): Uint8Array {
  // Not Buffer.from, which would put it into a pool that is as long.
  return view.buffer.byteLength > 2 * view.length + slack ? new Uint8Array(view) : view;
}
