/** Whether what failed is that there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** For `catch`: nothing where there is no such file or folder; any other failure goes on. */
export function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}
