// How the console speaks to the server: problems as exceptions, one key per write, one place where a session ends.
import createClient from 'openapi-fetch'
import { readonly, ref } from 'vue'
import type { paths } from './schema'

/** A field that was wrong, and what would be right. */
export interface ProblemField {
  field: string
  message: string
}

/** What the server refused, or that it could not be reached (`status` 0, `code` `offline`). */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly fields: ProblemField[]
  readonly requestId: string | undefined
  /** Members that the code promises, such as `current` of a version conflict. */
  readonly more: Record<string, unknown>

  constructor(status: number, body: Record<string, unknown>) {
    super(typeof body.title === 'string' ? body.title : '')
    this.status = status
    this.code = typeof body.code === 'string' ? body.code : `http.${status}`
    this.fields = Array.isArray(body.fields) ? (body.fields as ProblemField[]) : []
    this.requestId = typeof body.request_id === 'string' ? body.request_id : undefined
    this.more = body
  }
}

const away = ref(false)
/** The server could not be reached with the last request. */
export const offline = readonly(away)

let language = 'zh-CN'
/** In which language the server shall speak. */
export function speak(tag: string): void {
  language = tag
}

/** What to do when the session has ended: resolves when somebody is logged in again. */
let renew: (() => Promise<void>) | undefined
export function onSessionEnd(handler: () => Promise<void>): void {
  renew = handler
}

/** A key for one write; works on plain http, where `randomUUID` does not exist. */
export function key(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}

function prepared(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.set('accept-language', language)
  if (request.method !== 'GET' && !headers.has('idempotency-key')) headers.set('idempotency-key', key())
  return new Request(request, { headers })
}

/** Sends a request; a session that ended is renewed by the person and the same request goes out again. */
export async function send(request: Request): Promise<Response> {
  const first = prepared(request)
  const again = first.clone()
  let response: Response
  try {
    response = await fetch(first)
    away.value = false
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e
    away.value = true
    throw new Problem(0, { code: 'offline' })
  }
  if (response.status === 401 && renew && !new URL(request.url).pathname.endsWith('/session')) {
    const body = (await response.clone().json().catch(() => ({}))) as { code?: string }
    if (body.code === 'unauthenticated') {
      await renew()
      return fetch(again)
    }
  }
  return response
}

/** The typed client of the API. */
export const client = createClient<paths>({ baseUrl: location.origin, fetch: send })

interface Outcome {
  data?: unknown
  error?: unknown
  response: Response
}

/** The body of an answer, as `T`; a refusal is thrown as a {@link Problem}. */
export async function body<T>(outcome: Promise<Outcome>): Promise<T> {
  const { data, error, response } = await outcome
  if (response.ok) return data as T
  throw new Problem(response.status, (error ?? {}) as Record<string, unknown>)
}

/** Sends what the typed client cannot: files, and bodies that the document leaves open. `once` is the key of a write that
 * is sent again because nobody knows whether it was done. */
export async function call<T>(method: string, path: string, payload?: unknown, once?: string): Promise<T> {
  const form = payload instanceof FormData
  const headers: Record<string, string> = form || payload === undefined ? {} : { 'content-type': 'application/json' }
  if (once) headers['idempotency-key'] = once
  const content = form ? payload : payload === undefined ? undefined : JSON.stringify(payload)
  const response = await send(new Request(new URL(path, location.origin), { method, headers, body: content }))
  const text = await response.text()
  let parsed: unknown
  try {
    parsed = text ? JSON.parse(text) : undefined
  } catch {
    parsed = undefined
  }
  if (response.ok) return parsed as T
  throw new Problem(response.status, (parsed ?? {}) as Record<string, unknown>)
}

/** One page of a list. */
export interface Page<T> {
  items: T[]
  next: string | null
  total: number
  capped: boolean
}
