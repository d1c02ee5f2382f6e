import { type Field, fieldOf } from "./field.ts";

/** RFC 7541 appendix A, in its order. */
const fixed: readonly Field[] = `
:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`
  .trim()
  .split("\n")
  .map((line) => {
    const [name = "", ...value] = line.split(" ");
    return fieldOf(name, value.join(" "));
  });

/** Bytes that the dynamic table may hold: what every connection begins with, and never another here. */
export const tableSize = 4096;
/** No line counts for less than 32 bytes. */
const most = tableSize / 32;

/** The lines that a header block can name by their number (RFC 7541 section 2.3): the fixed ones, then the newest ones. */
export class HeaderTable {
  /** A ring: no line ever moves. */
  readonly #lines: (Field | undefined)[] = new Array(most).fill(undefined);
  #newest = 0;
  #count = 0;
  #size = 0;
  #limit = tableSize;

  /** The line of that number, from 1; undefined where there is none. */
  at(index: number): Field | undefined {
    if (index <= fixed.length) return fixed[index - 1];
    const age = index - fixed.length - 1;
    return age < this.#count ? this.#lines[(this.#newest - age + most) % most] : undefined;
  }

  add(field: Field): void {
    this.#evict(this.#limit - field.size);
    if (field.size > this.#limit) return;
    this.#newest = (this.#newest + 1) % most;
    this.#lines[this.#newest] = field;
    this.#count += 1;
    this.#size += field.size;
  }

  /** Holds no more bytes than that from now on, which is at most `tableSize`. */
  resize(limit: number): void {
    this.#limit = limit;
    this.#evict(limit);
  }

  #evict(until: number): void {
    while (this.#count > 0 && this.#size > until) {
      const oldest = (this.#newest - this.#count + 1 + most) % most;
      this.#size -= this.#lines[oldest]?.size ?? 0;
      this.#lines[oldest] = undefined;
      this.#count -= 1;
    }
  }
}
