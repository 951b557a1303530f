// Words of the big screen.
export const screen = {
  open: ['大屏', 'Big screen'],
  title: ['{district}窨井盖安全一张图', 'Manhole cover safety {district}'],
  total: ['在册井盖', 'Covers'],
  queue: ['权属待确认的井', 'No owner'],
  figure: { missing: ['缺失', 'Missing'], defects: ['破损 · 下沉 · 松动', 'Defects'], unguarded: ['低洼未装防坠', 'No fall guard'], overAge: ['超设计年限', 'Past design life'] },
  live: ['实时 · 更新于 {at}', 'Live · as of {at}'],
  cut: ['断开 {at}，显示的是断开前的数据', 'Cut off {at}: figures from before'],
  ended: ['登录已过期 {at}', 'Session ended {at}'],
  full: ['全屏', 'Full screen'],
  streets: ['街镇排名', 'Streets'],
  rest: ['其余 {n} 项', '{n} others'],
  partOf: ['有隐患 / 总数', 'with defects / all'],
  defects: ['破损 · 下沉 · 松动', 'Damaged, sunk, loose'],
  map: ['全区井盖地图，{n} 个缺失的井盖逐个标出', 'Map of all covers; each of the {n} missing ones is marked'],
  far: ['另有 {n} 个离得很远', '{n} more far away'],
  capped: ['缺失过多，仅按数量显示', 'Too many missing: counted only'],
} as const
