import type { Catalogue } from '../shared/locale.ts'

const fr = {
  title: 'Administration',
  lead: 'Ces opérations se font aujourd’hui depuis la ligne de commande, sur la machine qui porte Palier.',
  ownersOnly: 'Cette page est réservée aux administrateurs. Votre compte n’en fait pas partie.',
  back: 'Mon compte',
  commands: {
    user: 'Ajouter une personne',
    enrol: 'Donner à une personne un lien pour enregistrer ses clés (il sert une fois)',
    doctor: 'Vérifier le déploiement et les réglages du serveur',
    audit: 'Vérifier que le journal n’a pas été modifié',
    receipt: 'Vérifier un reçu, même hors ligne',
  },
}

const en: typeof fr = {
  title: 'Administration',
  lead: 'For now these are done from the command line, on the machine that runs Palier.',
  ownersOnly: 'This page is for administrators. Your account is not one.',
  back: 'My account',
  commands: {
    user: 'Add a person',
    enrol: 'Give a person a link to enrol their keys (it works once)',
    doctor: 'Check the deployment and the server’s settings',
    audit: 'Check that nobody altered the log',
    receipt: 'Check a receipt, offline if need be',
  },
}

export const catalogue: Catalogue<typeof fr> = { fr, en }
