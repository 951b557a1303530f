// Who is logged in.
import { body, call, client } from './http'
import type { components } from './schema'

export type Me = components['schemas']['Me']
export type Permission = components['schemas']['Permission']

export const getMe = () => body<Me>(client.GET('/api/v1/me'))
export const logIn = (login: string, password: string, totp?: string) =>
  body<Me>(client.POST('/api/v1/session', { body: { login, password, totp: totp ?? null } }))
export const logOut = () => body<void>(client.DELETE('/api/v1/session'))
export const changePassword = (old: string, fresh: string) =>
  body<unknown>(client.POST('/api/v1/me/password', { body: { old, new: fresh } }))
export const beginTotp = () => call<{ secret: string; uri: string }>('POST', '/api/v1/me/totp')
export const confirmTotp = (code: string) => body<unknown>(client.PUT('/api/v1/me/totp', { body: { code } }))
export const removeTotp = (code: string) => body<unknown>(client.DELETE('/api/v1/me/totp', { body: { code } }))
