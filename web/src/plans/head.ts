// The head of a plan as a form holds it and as the server takes it.
import { cents } from './money'

export interface Head { title: string; unit: string; person: string; phone: string; starts_on: string; due_on: string; money: string; note: string }
export const emptyHead = (): Head => ({ title: '', unit: '', person: '', phone: '', starts_on: '', due_on: '', money: '', note: '' })
const text = (s: string) => s.trim() || undefined
export const headAsk = (h: Head) => ({ title: h.title.trim(), unit: text(h.unit), person: h.person.trim(), phone: text(h.phone), starts_on: text(h.starts_on), due_on: text(h.due_on), money_cents: cents(h.money) ?? 0, note: text(h.note) })
