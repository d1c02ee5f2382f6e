import { destination, type Logger, pino } from "pino";

/** The operator's log: JSON lines on standard error, with the level from SALLYPORT_LOG (info unless told). */
export function operatorLog(env: Readonly<Record<string, string | undefined>>): Logger {
  const level = env["SALLYPORT_LOG"] ?? "info";
  return pino(
    { name: "sallyport", level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination({ dest: 2, sync: true }),
  );
}
