import type { Field, FieldSink } from "./field.ts";

/** What counts as a list that is too long (SETTINGS_MAX_HEADER_LIST_SIZE). */
export const longestList = 65_536;

/** Lines about a connection, which HTTP/2 knows none of (RFC 9113 section 8.2.2). */
const ofConnections = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
const pseudo = [":method", ":path", ":scheme", ":authority"] as const;
type Pseudo = (typeof pseudo)[number];

/** What of a request's head concerns us. One for each connection: it is begun anew for each request. */
export class RequestHead implements FieldSink {
  readonly #pseudo = new Map<Pseudo, string>();
  #size = 0;
  #lines = 0;
  #wellFormed = true;
  contentType = "";
  contentLength: string | undefined;
  traceparent = "";
  timeout: string | undefined;

  get method(): string {
    return this.#pseudo.get(":method") ?? "";
  }

  get path(): string {
    return this.#pseudo.get(":path") ?? "";
  }

  get tooLong(): boolean {
    return this.#size > longestList;
  }

  /** Whether it is a request at all (RFC 9113 section 8.3.1). */
  get wellFormed(): boolean {
    const whole =
      this.method === "CONNECT" ||
      (this.method !== "" && this.path !== "" && this.#pseudo.has(":scheme"));
    return this.#wellFormed && whole && /^\d{0,15}$/.test(this.contentLength ?? "");
  }

  begin(): void {
    this.#pseudo.clear();
    this.#size = 0;
    this.#lines = 0;
    this.#wellFormed = true;
    this.contentType = "";
    this.contentLength = undefined;
    this.traceparent = "";
    this.timeout = undefined;
  }

  add(field: Field): void {
    this.#size += field.size;
    if (!field.wellFormed) this.#wellFormed = false;
    if (field.name.startsWith(":")) this.#addPseudo(field);
    else this.#addLine(field);
  }

  #addPseudo({ name, value }: Field): void {
    const known = pseudo.find((one) => one === name);
    if (known === undefined || this.#lines > 0 || this.#pseudo.has(known)) this.#wellFormed = false;
    else this.#pseudo.set(known, value);
  }

  #addLine({ name, value }: Field): void {
    this.#lines += 1;
    switch (name) {
      case "content-type":
        this.contentType = value;
        return;
      case "content-length":
        if ((this.contentLength ?? value) !== value) this.#wellFormed = false;
        this.contentLength = value;
        return;
      case "traceparent":
        this.traceparent = value;
        return;
      case "grpc-timeout":
        this.timeout = value;
        return;
      case "te":
        if (value !== "trailers") this.#wellFormed = false;
        return;
      default:
        if (ofConnections.has(name)) this.#wellFormed = false;
    }
  }
}

/** What follows the content: lines that are read, so that the table is right, and then forgotten. */
export class Trailers implements FieldSink {
  #wellFormed = true;
  #size = 0;

  get wellFormed(): boolean {
    return this.#wellFormed && this.#size <= longestList;
  }

  add(field: Field): void {
    this.#size += field.size;
    if (!field.wellFormed || field.name.startsWith(":")) this.#wellFormed = false;
  }
}
