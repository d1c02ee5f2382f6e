/** Starts measuring; the function gives the milliseconds since then. For evidence and metrics, never to decide by. */
export function stopwatch(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}
