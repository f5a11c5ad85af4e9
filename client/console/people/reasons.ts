// What changes to people, groups and imports are refused with.
import { addReasons } from '../../shared/reasons.ts'

const fr = {
  'person-unknown': 'Cette personne n’existe pas. Revenez à la liste.',
  'person-deleted': 'Cette personne a été supprimée : elle ne peut plus être modifiée.',
  'username-was-deleted':
    'Cet identifiant était celui d’une personne supprimée. Il n’est jamais redonné : son adresse Matrix désignerait quelqu’un d’autre. Choisissez-en un autre.',
  'username-taken': 'Cet identifiant est déjà pris. Choisissez-en un autre.',
  'username-invalid':
    'Cet identifiant ne convient pas. Utilisez des minuscules sans accent, des chiffres, un point ou un tiret.',
  'display-name-invalid': 'Ce nom ne convient pas. Utilisez de 1 à 100 caractères ordinaires.',
  'external-id-taken': 'Une autre personne a déjà cet identifiant d’annuaire.',
  'email-invalid': 'Ce n’est pas une adresse électronique. Vérifiez-la, ou laissez le champ vide.',
  'administrators-by-owners':
    'Cette personne administre Palier : seul un propriétaire peut la modifier. Demandez-le à l’un d’eux.',
  'not-yourself': 'Vous ne pouvez pas faire cela à votre propre compte. Demandez à un autre administrateur.',
  'last-owner':
    'Il ne resterait aucun propriétaire capable de se connecter. Nommez-en un autre d’abord, et attendez que sa clé soit enregistrée.',
  'group-unknown': 'Ce groupe n’existe pas, ou plus. Rechargez la page.',
  'group-name-taken': 'Un groupe porte déjà ce nom.',
  'group-name-invalid':
    'Un nom de groupe compte de 1 à 100 caractères sur une ligne, n’est pas « everyone » et ne commence pas par « grp_ ».',
  'group-in-policy':
    'La politique en vigueur nomme ce groupe. Appliquez d’abord une politique qui ne le nomme plus, puis supprimez-le.',
}

const en: Record<keyof typeof fr, string> = {
  'person-unknown': 'There is no such person. Go back to the list.',
  'person-deleted': 'This person was deleted, and can no longer be changed.',
  'username-was-deleted':
    'This username was that of a person who was deleted. It is never given again: their Matrix address would name somebody else. Choose another one.',
  'username-taken': 'This username is taken. Choose another.',
  'username-invalid': 'This username will not do. Use lower-case letters without accents, digits, a dot or a hyphen.',
  'display-name-invalid': 'This name will not do. Use 1 to 100 ordinary characters.',
  'external-id-taken': 'Another person has this directory id already.',
  'email-invalid': 'This is not an e-mail address. Check it, or leave the field empty.',
  'administrators-by-owners': 'This person administers Palier: only an owner may change them. Ask one of them.',
  'not-yourself': 'You cannot do this to your own account. Ask another administrator.',
  'last-owner': 'No owner who can sign in would be left. Make another one first, and wait until their key is enrolled.',
  'group-unknown': 'There is no such group, or no longer. Reload the page.',
  'group-name-taken': 'A group of this name is there already.',
  'group-name-invalid':
    'A group’s name has 1 to 100 characters on one line, is not “everyone” and does not begin with “grp_”.',
  'group-in-policy':
    'The policy in force names this group. Apply one that does not name it any more, then delete the group.',
}

addReasons({ fr, en }, {})
