// Keys and people, counted in words.
import { number } from '../../shared/locale.ts'

export const clés = (count: number) => `${number('fr', count)} ${count < 2 ? 'clé' : 'clés'}`
export const personnes = (count: number) => `${number('fr', count)} ${count < 2 ? 'personne' : 'personnes'}`
export const keys = (count: number) => `${number('en', count)} ${count === 1 ? 'key' : 'keys'}`
export const people = (count: number) => `${number('en', count)} ${count === 1 ? 'person' : 'people'}`
