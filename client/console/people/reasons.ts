// What changes to people, groups and imports are refused with.
import { addReasons } from '../../shared/reasons.ts'

const fr = {
  'person-unknown': 'Cette personne n’existe pas. Revenez à la liste.',
  'person-deleted': 'Cette personne a été supprimée : elle ne peut plus être modifiée.',
  'username-was-deleted':
    'Cet identifiant était celui d’une personne supprimée. Il n’est jamais redonné : son adresse Matrix désignerait quelqu’un d’autre. Choisissez-en un autre.',
  'username-taken': 'Cet identifiant est déjà pris. Choisissez-en un autre.',
  'username-invalid':
    'Cet identifiant ne convient pas. Utilisez des minuscules sans accent, des chiffres, un point ou un tiret.',
  'display-name-invalid': 'Ce nom ne convient pas. Utilisez de 1 à 100 caractères ordinaires.',
  'external-id-taken': 'Une autre personne a déjà cet identifiant d’annuaire.',
  'email-invalid': 'Ce n’est pas une adresse électronique. Vérifiez-la, ou laissez le champ vide.',
  'administrators-by-owners':
    'Cette personne administre Palier : seul un propriétaire peut la modifier, et jamais un jeton d’API. Demandez-le à l’un d’eux.',
  'not-yourself': 'Vous ne pouvez pas faire cela à votre propre compte. Demandez à un autre administrateur.',
  'last-owner':
    'Il ne resterait aucun propriétaire capable de se connecter. Nommez-en un autre d’abord, et attendez que sa clé soit enregistrée.',
  'groups-need-two':
    'Être dans ces groupes laisse lire davantage, ou demande moins aux clés : cela se décide à deux. Créez la personne sans eux, puis ajoutez-la depuis sa page.',
  'loosening-needs-reason':
    'Cela assouplit des limites, ou ce qui est demandé aux clés : deux administrateurs en décident. Écrivez pourquoi.',
  'administrators-one-by-one':
    'L’une de ces personnes administre Palier, et cela assouplirait quelque chose pour elle. Ajoutez-la ou retirez-la seule : elle ne signera pas ce qui la concerne.',
  'line-groups-need-two':
    'Être dans ces groupes laisse lire davantage, ou demande moins aux clés : cela se décide à deux. Retirez-les de la ligne, puis ajoutez la personne depuis la page du groupe.',
  'group-unknown': 'Ce groupe n’existe pas, ou plus. Rechargez la page.',
  'group-name-taken': 'Un groupe porte déjà ce nom.',
  'group-name-invalid':
    'Un nom de groupe compte de 1 à 100 caractères sur une ligne, n’est pas « everyone » et ne commence pas par « grp_ ».',
  'group-in-policy':
    'La politique en vigueur nomme ce groupe, ou il a une règle de clés. Retirez-le d’abord de là, puis supprimez-le.',
  'import-unknown': 'Cet import n’existe pas, ou plus. Recommencez avec le fichier.',
  'import-too-old': 'Cet essai date de plus d’un jour : les personnes ont pu changer. Relancez-le avec le fichier.',
  'import-begun': 'Cet import est déjà lancé. Rechargez la page pour voir où il en est.',
  'import-by-owner': 'Cet import a été préparé par un propriétaire : seul un propriétaire peut l’appliquer.',
  'import-not-text':
    'Ce fichier n’est pas du texte. Si c’est un classeur (Excel, LibreOffice), enregistrez-le au format CSV UTF-8, puis recommencez.',
  'import-encoding':
    'Les accents de ce fichier ne se lisent pas à coup sûr. Choisissez son encodage, ou enregistrez-le en CSV UTF-8.',
  'import-malformed': 'Un guillemet est ouvert et jamais refermé. Corrigez la ligne indiquée, puis recommencez.',
  'import-no-username':
    'Il manque la colonne des identifiants. Nommez-la « identifiant » (ou « username ») sur la première ligne.',
  'import-column-twice': 'Deux colonnes disent la même chose. Gardez-en une.',
  'import-empty': 'Ce fichier ne contient aucune personne : il faut une ligne de titres, puis une ligne par personne.',
  'import-too-long': 'Ce fichier dépasse 50 000 lignes. Partagez-le en plusieurs.',
  'line-formula':
    'Un nom ou un groupe commence par =, +, - ou @ : un tableur y verrait une formule. Corrigez-le ; si c’est bien son nom, mettez une apostrophe devant.',
  'line-misshapen': 'Cette ligne n’a pas autant de cases que la première. Un séparateur manque, ou est en trop.',
  'line-username-missing': 'L’identifiant manque.',
  'line-person-twice': 'Cette personne est déjà plus haut dans le fichier.',
  'line-email-twice': 'Cette adresse est déjà plus haut dans le fichier, pour quelqu’un d’autre.',
  'line-email-of-another': 'Cette adresse est déjà celle d’une autre personne.',
  'line-role-unknown': 'Ce rôle n’existe pas. Écrivez personne, gestionnaire, superviseur ou auditeur.',
  'line-role-not-yours': 'Votre rôle ne permet pas de donner celui-ci.',
  'line-owner-needs-two': 'Un propriétaire se nomme ou se retire à deux, depuis sa page : jamais par un fichier.',
  'line-changed-meanwhile': 'Cette personne a changé depuis l’essai : rien n’a été fait. Relancez un essai pour elle.',
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
  'administrators-by-owners':
    'This person administers Palier: only an owner may change them, and never an API token. Ask one of them.',
  'not-yourself': 'You cannot do this to your own account. Ask another administrator.',
  'last-owner': 'No owner who can sign in would be left. Make another one first, and wait until their key is enrolled.',
  'groups-need-two':
    'Being in these groups lets more be read, or asks less of keys: two administrators decide that. Create the person without them, then add them on their page.',
  'loosening-needs-reason':
    'This loosens limits, or what is asked of keys: two administrators decide it. Write down why.',
  'administrators-one-by-one':
    'One of these people administers Palier, and this would loosen something for them. Add or take them out alone: they do not sign what concerns them.',
  'line-groups-need-two':
    'Being in these groups lets more be read, or asks less of keys: two administrators decide that. Take them out of the line, then add the person on the group’s page.',
  'group-unknown': 'There is no such group, or no longer. Reload the page.',
  'group-name-taken': 'A group of this name is there already.',
  'group-name-invalid':
    'A group’s name has 1 to 100 characters on one line, is not “everyone” and does not begin with “grp_”.',
  'group-in-policy':
    'The policy in force names this group, or it has a rule for keys. Take it out there first, then delete the group.',
  'import-unknown': 'There is no such import, or no longer. Start again with the file.',
  'import-too-old': 'This dry run is more than a day old: people may have changed. Run it again with the file.',
  'import-begun': 'This import has begun already. Reload the page to see how far it is.',
  'import-by-owner': 'This import was prepared by an owner: only an owner may apply it.',
  'import-not-text':
    'This file is not text. If it is a workbook (Excel, LibreOffice), save it as CSV UTF-8, then start again.',
  'import-encoding':
    'The accents of this file cannot be read for certain. Choose its encoding, or save it as CSV UTF-8.',
  'import-malformed': 'A quotation mark is opened and never closed. Correct the line shown, then start again.',
  'import-no-username': 'The column of usernames is missing. Name it “username” (or “identifiant”) on the first line.',
  'import-column-twice': 'Two columns say the same thing. Keep one of them.',
  'import-empty': 'There is nobody in this file: it needs a line of headings, then a line for each person.',
  'import-too-long': 'This file is longer than 50,000 lines. Split it.',
  'line-formula':
    'A name or a group begins with =, +, - or @: a spreadsheet would take it for a formula. Correct it; if that is its name, put an apostrophe in front.',
  'line-misshapen': 'This line has not as many cells as the first. A separator is missing, or there is one too many.',
  'line-username-missing': 'The username is missing.',
  'line-person-twice': 'This person is further up in the file already.',
  'line-email-twice': 'This address is further up in the file already, for somebody else.',
  'line-email-of-another': 'This address is another person’s already.',
  'line-role-unknown': 'There is no such role. Write person, enroller, supervisor or auditor.',
  'line-role-not-yours': 'Your role does not allow giving this one.',
  'line-owner-needs-two': 'An owner is made or unmade by two, on their page: never by a file.',
  'line-changed-meanwhile': 'This person changed since the dry run: nothing was done. Run another one for them.',
}

addReasons({ fr, en })
