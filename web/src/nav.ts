// Where one can go, by right. The same table makes the navigation, the shortcuts and the guard of the routes.
import type { Permission } from './api/session'

export interface Place {
  key: 'start' | 'covers' | 'map' | 'findings' | 'cases' | 'plans' | 'ownership' | 'import' | 'annex' | 'admin'
  to: string
  /** Second key after `g`. */
  letter: string
  /** Other addresses that belong to it. */
  also?: readonly string[]
  /** Any of these rights opens it. */
  rights: readonly Permission[]
  /** Path of a 24 × 24 drawing. */
  icon: string
}

export const PLACES: readonly Place[] = [
  { key: 'start', to: '/start', letter: 's', rights: ['registry.read'], icon: 'M4 11 12 4l8 7v9h-6v-6h-4v6H4z' },
  { key: 'covers', to: '/covers', also: ['/wells'], letter: 'c', rights: ['registry.read'], icon: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18m0 5a4 4 0 1 1 0 8 4 4 0 0 1 0-8' },
  { key: 'map', to: '/map', letter: 'm', rights: ['registry.read'], icon: 'M9 4 3 6.500v13.500l6-2.500 6 2.500 6-2.500V4l-6 2.500zM9 4v13.500M15 6.500V20' },
  { key: 'findings', to: '/findings', letter: 'f', rights: ['case.read'], icon: 'M4 5h16v11H9l-5 4zM8 9h8M8 12h5' },
  { key: 'cases', to: '/cases', also: ['/hazards'], letter: 'j', rights: ['case.read'], icon: 'M5 4h14v16H5zM9 4v3h6V4M8.500 12l2 2 4.500-4.500' },
  { key: 'plans', to: '/plans', also: ['/renewal'], letter: 'p', rights: ['case.read'], icon: 'M5 5h14v15H5zM5 9h14M9 3v4M15 3v4M9 14l2 2 4-4' },
  { key: 'ownership', to: '/ownership', letter: 'o', rights: ['registry.read'], icon: 'M5 21V4M5 4h11l-2 4 2 4H5' },
  { key: 'import', to: '/import', letter: 'i', rights: ['registry.import'], icon: 'M12 3v12m0 0-4.500-4.500M12 15l4.500-4.500M4 16v3a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-3' },
  { key: 'annex', to: '/annex', also: ['/annex2', '/indicators', '/ranking'], letter: 'a', rights: ['report.run'], icon: 'M4 4h16v16H4zM4 9h16M10 9v11M4 14.500h16' },
  { key: 'admin', to: '/admin', letter: 'd', rights: ['directory.read', 'directory.manage', 'user.manage', 'rule.manage', 'audit.read'], icon: 'M4 7h10M18 7h2M4 17h2M10 17h10M14 4v6M8 14v6' },
]

export interface Section {
  key: 'units' | 'areas' | 'users' | 'tokens' | 'rules' | 'calendar' | 'outbox' | 'audit'
  right: Permission | null
  /** The right must hold in the whole district. */
  everywhere: boolean
}

/** The sections of 管理; tokens belong to everybody. */
export const SECTIONS: readonly Section[] = [
  { key: 'units', right: 'directory.read', everywhere: false },
  { key: 'areas', right: 'directory.read', everywhere: false },
  { key: 'users', right: 'user.manage', everywhere: true },
  { key: 'rules', right: 'directory.read', everywhere: false },
  { key: 'calendar', right: 'directory.read', everywhere: false },
  { key: 'outbox', right: 'case.dispatch', everywhere: true },
  { key: 'audit', right: 'audit.read', everywhere: true },
  { key: 'tokens', right: null, everywhere: false },
]

type Held = readonly Permission[]

/** The places open to somebody with these rights. */
export const placesFor = (held: Held): Place[] => PLACES.filter((p) => p.rights.some((r) => held.includes(r)))

/** The sections open to somebody with these rights. */
export const sectionsFor = (held: Held, district: Held): Section[] =>
  SECTIONS.filter((s) => s.right === null || (s.everywhere ? district : held).includes(s.right))

/** The first place somebody lands on. */
export const landing = (held: Held): string => placesFor(held)[0]?.to ?? '/account'
