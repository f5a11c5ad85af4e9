import type { Catalogue } from '../shared/locale.ts'
import type { Command, Group } from './commands.ts'

interface Words {
  readonly title: string
  readonly lead: string
  readonly where: string
  readonly ownersOnly: string
  readonly back: string
  readonly release: string
  readonly groups: Readonly<Record<Group, string>>
  readonly commands: Readonly<Record<Command, string>>
}

const fr: Words = {
  title: 'Administration',
  lead: 'Ces opérations se font aujourd’hui depuis la ligne de commande, sur la machine qui porte Palier.',
  where:
    'À taper dans le dossier de Palier, avec les mêmes réglages que le service. Les mots en capitales sont à remplacer.',
  ownersOnly: 'Cette page est réservée aux administrateurs. Votre compte n’en fait pas partie.',
  back: 'Mon compte',
  release: 'Autoriser à deux (enquête, panne)',
  groups: { people: 'Personnes', keys: 'Clés', thresholds: 'Limites et groupes', service: 'Service et preuves' },
  commands: {
    'user-add': 'Ajouter une personne',
    enrol: 'Donner à une personne un lien pour enregistrer ses clés (il sert une fois)',
    'user-list': 'Voir les personnes et combien de clés elles ont',
    'user-suspend': 'Couper tout de suite toutes les sessions d’une personne',
    'user-resume': 'Laisser revenir une personne suspendue',
    'key-list': 'Voir les clés d’une personne',
    'key-revoke': 'Retirer une clé perdue : ses sessions finissent dans la seconde',
    metadata: 'Mettre à jour la liste des modèles de clés (FIDO)',
    'policy-show': 'Voir les limites en vigueur, sous la forme d’un fichier à modifier',
    'policy-check': 'Chercher les erreurs d’un fichier de limites',
    'policy-diff': 'Voir ce qu’un fichier changerait',
    'policy-apply': 'Mettre un fichier en vigueur',
    'policy-simulate': 'Voir ce qu’un fichier aurait fait d’un trafic enregistré',
    'policy-emergency': 'Urgence : plus aucun historique sans clé, pour personne (off y met fin)',
    'group-add': 'Créer un groupe',
    'group-join': 'Mettre une personne dans un groupe',
    doctor: 'Vérifier le déploiement et les réglages du serveur',
    alerts: 'Essayer les alertes : chaque destinataire en reçoit une',
    audit: 'Vérifier que le journal n’a pas été modifié',
    receipt: 'Vérifier un reçu, même hors ligne',
    rotate: 'Sceller à nouveau après un changement de secret',
    services: 'Voir les robots, passerelles et autres services',
    'service-revoke': 'Arrêter un service pour de bon',
  },
}

const en: Words = {
  title: 'Administration',
  lead: 'For now these are done from the command line, on the machine that runs Palier.',
  where: 'Type them in Palier’s folder, with the same settings as the service. Words in capitals are yours to fill in.',
  ownersOnly: 'This page is for administrators. Your account is not one.',
  back: 'My account',
  release: 'Release by two (investigation, outage)',
  groups: { people: 'People', keys: 'Keys', thresholds: 'Limits and groups', service: 'Service and evidence' },
  commands: {
    'user-add': 'Add a person',
    enrol: 'Give a person a link to enrol their keys (it works once)',
    'user-list': 'See who is there and how many keys they have',
    'user-suspend': 'End all sessions of a person at once',
    'user-resume': 'Let a suspended person in again',
    'key-list': 'See a person’s keys',
    'key-revoke': 'Remove a lost key: its sessions end within a second',
    metadata: 'Update the list of models of keys (FIDO)',
    'policy-show': 'See the limits in force, as a file to edit',
    'policy-check': 'Look for mistakes in a file of limits',
    'policy-diff': 'See what a file would change',
    'policy-apply': 'Bring a file into force',
    'policy-simulate': 'See what a file would have done to recorded traffic',
    'policy-emergency': 'Emergency: no history without a key, for anybody (off ends it)',
    'group-add': 'Make a group',
    'group-join': 'Put a person into a group',
    doctor: 'Check the deployment and the server’s settings',
    alerts: 'Try the alerts: every receiver gets one',
    audit: 'Check that nobody altered the log',
    receipt: 'Check a receipt, offline if need be',
    rotate: 'Seal everything again after a change of secret',
    services: 'See bots, bridges and other services',
    'service-revoke': 'Stop a service for good',
  },
}

export const catalogue: Catalogue<Words> = { fr, en }
