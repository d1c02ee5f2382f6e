import { z } from "zod";

const milliseconds = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const bytes = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** A length of time such as `90s`, `10m` or `24h`, read as milliseconds; never zero, a year at most. */
export const duration = quantity(
  milliseconds,
  "a time such as 90s, 10m or 24h",
  366 * milliseconds.d,
);

/** An amount of data such as `64KiB` or `32MiB`, read as bytes; never zero. */
export const size = quantity(bytes, "a size such as 64KiB or 32MiB", Number.MAX_SAFE_INTEGER);

function quantity(units: Readonly<Record<string, number>>, meaning: string, most: number) {
  const pattern = new RegExp(`^([0-9]{1,12})(${Object.keys(units).join("|")})$`);
  return z
    .string()
    .regex(pattern, `must be ${meaning}`)
    .transform((text, context) => {
      const [, amount = "", unit = ""] = pattern.exec(text) ?? [];
      const value = Number(amount) * (units[unit] ?? Number.NaN);
      if (value > 0 && value <= most) return value;
      context.addIssue({ code: "custom", message: `must be ${meaning}, more than zero` });
      return z.NEVER;
    });
}
