// Money: the server counts cents, people yuan. Pure.

/** `12.5` yuan as cents; undefined when it is no amount. */
export function cents(yuan: string): number | undefined {
  const read = /^\s*(\d{1,12})(?:\.(\d{1,2}))?\s*$/.exec(yuan.replaceAll(/[,，]/g, ''))
  return read ? Number(read[1]) * 100 + Number((read[2] ?? '').padEnd(2, '0')) : undefined
}

/** Cents as yuan, to be read. */
export const yuan = (of: number): string => (of / 100).toLocaleString('zh-CN', { minimumFractionDigits: of % 100 ? 2 : 0, maximumFractionDigits: 2 })
