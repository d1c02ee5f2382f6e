/** One line of a plot: what was measured, by size. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [size: number, cost: number])[];
}

const width = 640;
const height = 400;
const margin = 64;

/** Both axes logarithmic: what grows linearly is a line of slope one, beside which a dashed one is drawn. */
export function svg(title: string, x: string, y: string, all: readonly Series[]): string {
  const points = all.flatMap((series) => series.points);
  const place = placing(points);
  const lines = all.map(({ name, points: own }, index) => {
    const path = own.map(([size, cost]) => place(size, cost).join(",")).join(" ");
    const [left, top] = place(...(own.at(-1) ?? [1, 1]));
    const color = `hsl(${index * 97} 70% 40%)`;
    const marks = own.map(([size, cost]) => {
      const [cx, cy] = place(size, cost);
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${color}"><title>${size}: ${cost}</title></circle>`;
    });
    return [
      `<polyline points="${path}" fill="none" stroke="${color}"/>`,
      ...marks,
      `<text x="${left - 4}" y="${top - 8}" text-anchor="end" fill="${color}">${name}</text>`,
    ].join("\n");
  });
  const [size, cost] = all[0]?.points.at(-1) ?? [1, 1];
  const first = Math.min(...points.map(([one]) => one));
  const ideal = [place(first, (cost * first) / size), place(size, cost)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<clipPath id="c"><rect x="${margin}" y="${margin / 2}" width="${width - 1.5 * margin}" height="${height - 1.5 * margin}"/></clipPath>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${width / 2}" y="20" text-anchor="middle">${title}</text>`,
    `<text x="${width / 2}" y="${height - 12}" text-anchor="middle">${x}, ${first} to ${Math.max(...points.map(([one]) => one))}, logarithmic</text>`,
    `<text x="16" y="${height / 2}" transform="rotate(-90 16 ${height / 2})" text-anchor="middle">${y}, logarithmic</text>`,
    `<rect x="${margin}" y="${margin / 2}" width="${width - 1.5 * margin}" height="${height - 1.5 * margin}" fill="none" stroke="#999"/>`,
    `<polyline points="${ideal.map((one) => one.join(",")).join(" ")}" fill="none" stroke="#999" stroke-dasharray="4" clip-path="url(#c)"/>`,
    ...lines,
    "</svg>\n",
  ].join("\n");
}

function placing(points: Series["points"]): (size: number, cost: number) => [number, number] {
  const of = (pick: 0 | 1): readonly [number, number] => {
    const logs = points.map((point) => Math.log10(point[pick]));
    return [Math.min(...logs), Math.max(...logs)];
  };
  const [[left, right], [low, high]] = [of(0), of(1)];
  const share = (value: number, from: number, until: number): number =>
    until === from ? 0.5 : (Math.log10(value) - from) / (until - from);
  return (size, cost) => [
    Math.round(margin + share(size, left, right) * (width - 1.5 * margin)),
    Math.round(height - margin - share(cost, low, high) * (height - 1.5 * margin)),
  ];
}

/** How cost grows with size: the slope between the logarithms, by least squares; 1 is linear, 0 constant. */
export function slope({ points }: Series): number {
  const logs = points.map(([size, cost]) => [Math.log(size), Math.log(cost)] as const);
  const mean = (of: 0 | 1): number => logs.reduce((sum, one) => sum + one[of], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const over = logs.reduce((sum, one) => sum + (one[0] - x) * (one[1] - y), 0);
  return over / logs.reduce((sum, one) => sum + (one[0] - x) ** 2, 0);
}
