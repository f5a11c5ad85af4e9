import type { KeyPolicy } from '../shared/api.ts'
import type { Catalogue } from '../shared/locale.ts'

const policy: Record<KeyPolicy, string> = {
  any: 'Toute clé de sécurité ou passkey convient ici.',
  'device-bound':
    'Il faut une clé matérielle : les passkeys synchronisées d’un téléphone ou d’un compte sont refusées.',
  attested: 'Il faut une clé matérielle d’un modèle approuvé par votre organisation.',
}

const fr = {
  title: 'Enregistrer une clé',
  setupHeading: 'Bienvenue dans Palier',
  setupLead:
    'Vous êtes la première personne ici : vous administrerez Palier. Indiquez votre nom, puis enregistrez votre clé.',
  enrolHeading: (name: string) => `Bonjour ${name}`,
  enrolLead: 'Enregistrez votre clé de sécurité : elle remplacera le mot de passe.',
  proofHeading: 'Identifiez-vous',
  proofLead:
    'Ce lien est pour une seule personne. Identifiez-vous auprès de votre organisation : vous reviendrez ici pour enregistrer votre clé.',
  proofGo: 'M’identifier',
  deskLead:
    'Vous êtes devant l’ordinateur de votre administrateur. Branchez votre clé ici et touchez-la : son code PIN n’est connu que de vous.',
  deskDone: 'Reprenez vos clés et rendez l’ordinateur à votre administrateur.',
  toConsole: 'Revenir à la console',
  againHeading: 'Ce lien a déjà servi',
  againLead:
    'Une première clé a été enregistrée avec ce lien, dans ce navigateur : vous pouvez déjà vous connecter. Il vous reste à ajouter une deuxième clé, ici et maintenant : branchez-la, donnez-lui un nom, puis touchez-la.',
  againSignIn: 'Je n’en ai pas d’autre : me connecter avec la première',
  selfHeading: 'Ajouter une clé',
  selfLead: 'Branchez la nouvelle clé, donnez-lui un nom, puis touchez-la.',
  secondHeading: 'Et maintenant, la deuxième',
  secondLead: (name: string) => `« ${name} » est enregistrée. Débranchez-la et branchez l’autre.`,
  doneHeading: 'C’est fait',
  doneTwo: (count: string) => `Vos ${count} clés sont enregistrées. Gardez-en une sur vous et l’autre en lieu sûr.`,
  doneOne: 'Votre clé est enregistrée.',
  warnOne: 'Vous n’avez qu’une clé',
  warnOneText:
    'Si vous la perdez, seul un administrateur pourra vous redonner un accès. Ajoutez-en une deuxième depuis votre compte dès que possible.',
  steps: ['Première clé', 'Deuxième clé', 'Terminé'] as [string, string, string],
  stepsLabel: 'Étapes',
  whyHeading: 'Pourquoi deux clés ?',
  why: 'Une clé se perd, se casse ou s’oublie chez soi. Il n’existe ni mot de passe ni code de secours pour la remplacer : c’est ce qui rend un vol inutile. La deuxième clé est votre double, comme celui de la maison.',
  policy,
  builtIn: 'Une clé intégrée à cet ordinateur ou à votre téléphone (Windows Hello, par exemple) convient aussi.',
  username: 'Votre identifiant',
  usernameHint:
    'Il formera votre adresse : « camille » donnera @camille:votre-serveur. Lettres minuscules, chiffres, point, tiret.',
  usernameWrong: 'Tapez un identifiant : lettres minuscules sans accent, chiffres, point, tiret ou souligné.',
  displayName: 'Votre nom',
  displayNameHint: 'Tel que les autres le verront.',
  displayNameWrong: 'Tapez votre nom.',
  keyName: 'Nom de cette clé',
  keyNameHint: 'Pour la reconnaître plus tard, par exemple « porte-clés » ou « tiroir du bureau ».',
  keyNameWrong: 'Donnez un nom à cette clé.',
  defaultNames: ['Clé principale', 'Clé de secours', 'Nouvelle clé'] as [string, string, string],
  tapFirst: 'Enregistrer ma clé',
  tapSecond: 'Enregistrer la deuxième clé',
  later: 'Plus tard',
  expires: (at: string, uses: number) => `Ce lien sert ${uses === 1 ? 'une fois' : 'deux fois'}, jusqu’à : ${at}.`,
  toAccount: 'Ouvrir mon compte',
}

const en: typeof fr = {
  title: 'Enrol a key',
  setupHeading: 'Welcome to Palier',
  setupLead: 'You are the first person here: you will be its administrator. Say who you are, then enrol your key.',
  enrolHeading: (name) => `Hello ${name}`,
  enrolLead: 'Enrol your security key: it will take the place of a password.',
  proofHeading: 'Say who you are',
  proofLead:
    'This link is for one person. Identify yourself with your organisation: you will come back here to enrol your key.',
  proofGo: 'Identify myself',
  deskLead: 'You are at your administrator’s computer. Plug your key in here and touch it: only you know its PIN.',
  deskDone: 'Take your keys with you and give the computer back to your administrator.',
  toConsole: 'Back to the console',
  againHeading: 'This link has done its work',
  againLead:
    'A first key was enrolled with this link, in this browser: you can sign in already. What is left is to add a second key, here and now: plug it in, give it a name, then touch it.',
  againSignIn: 'I have no other: sign in with the first',
  selfHeading: 'Add a key',
  selfLead: 'Plug in the new key, give it a name, then touch it.',
  secondHeading: 'And now the second one',
  secondLead: (name) => `“${name}” is enrolled. Unplug it and plug in the other.`,
  doneHeading: 'Done',
  doneTwo: (count) => `Your ${count} keys are enrolled. Keep one with you and the other in a safe place.`,
  doneOne: 'Your key is enrolled.',
  warnOne: 'You have one key only',
  warnOneText:
    'If you lose it, only an administrator can let you in again. Add a second one from your account as soon as you can.',
  steps: ['First key', 'Second key', 'Done'],
  stepsLabel: 'Steps',
  whyHeading: 'Why two keys?',
  why: 'A key gets lost, breaks, or stays at home. There is no password or backup code to replace it: that is what makes stealing one useless. The second key is your spare.',
  policy: {
    any: 'Any security key or passkey will do here.',
    'device-bound': 'It must be a hardware key: passkeys synced by a phone or an account are refused.',
    attested: 'It must be a hardware key of a model that your organisation approves.',
  },
  builtIn: 'A key built into this computer or your phone (such as Windows Hello) will do too.',
  username: 'Your username',
  usernameHint: 'It makes your address: “camille” gives @camille:your-server. Lower-case letters, digits, dot, hyphen.',
  usernameWrong: 'Type a username: lower-case letters without accents, digits, dot, hyphen or underscore.',
  displayName: 'Your name',
  displayNameHint: 'As others will see it.',
  displayNameWrong: 'Type your name.',
  keyName: 'Name of this key',
  keyNameHint: 'To recognise it later, for example “key ring” or “desk drawer”.',
  keyNameWrong: 'Give this key a name.',
  defaultNames: ['Main key', 'Spare key', 'New key'],
  tapFirst: 'Enrol my key',
  tapSecond: 'Enrol the second key',
  later: 'Later',
  expires: (at, uses) => `This link works ${uses === 1 ? 'once' : 'twice'}, until ${at}.`,
  toAccount: 'Open my account',
}

export const catalogue: Catalogue<typeof fr> = { fr, en }
