// What every page says: its frame, the key, and what to do when something did not work.
import type { Catalogue } from './locale.ts'

const fr = {
  otherLanguage: 'English',
  otherLanguageLabel: 'Read this page in English',
  skip: 'Aller au contenu',
  footer: 'Palier garde l’historique de vos messages derrière votre clé de sécurité.',
  loading: 'Chargement…',
  touchKey: 'Touchez votre clé. Si le navigateur demande son code, tapez-le.',
  checking: 'Vérification…',
  failed: 'Cela n’a pas marché',
  retry: 'Réessayer',
  signIn: 'Se connecter',
  myAccount: 'Mon compte',
  cancel: 'Annuler',
  newTab: '(nouvel onglet)',
}

const en: typeof fr = {
  otherLanguage: 'Français',
  otherLanguageLabel: 'Lire cette page en français',
  skip: 'Skip to content',
  footer: 'Palier keeps your message history behind your security key.',
  loading: 'Loading…',
  touchKey: 'Touch your key. If the browser asks for its PIN, type it.',
  checking: 'Checking…',
  failed: 'That did not work',
  retry: 'Try again',
  signIn: 'Sign in',
  myAccount: 'My account',
  cancel: 'Cancel',
  newTab: '(new tab)',
}

export const shared: Catalogue<typeof fr> = { fr, en }
