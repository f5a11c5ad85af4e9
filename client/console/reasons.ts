// What the console is refused with, in plain words and with the next step.
import './enrol/reasons.ts'
import './people/reasons.ts'
import './reading/reasons.ts'
import '../shared/decision-reasons.ts'
import { addReasons } from '../shared/reasons.ts'

const fr = {
  'fresh-tap-required':
    'Votre dernier appui sur la clé est trop ancien. Reconnectez-vous avec votre clé, puis recommencez.',
  'tap-cancelled': 'Rien n’a été fait : la clé n’a pas été touchée. Recommencez quand vous l’avez sous la main.',
  'administrators-only': 'Cette page est réservée aux administrateurs.',
  'not-permitted': 'Votre rôle ne permet pas cela. Demandez à un administrateur qui en a le droit.',
  'invalid-token': 'Ce jeton d’API n’est pas valable, ou ne l’est plus.',
  'unknown-head':
    'Ce n’est ni un repère signé par ce Palier, ni une empreinte de 64 chiffres hexadécimaux. Recopiez-le en entier.',
  unavailable: 'Cela ne peut pas être fait pour l’instant. Réessayez dans un moment.',
  'edited-meanwhile':
    'Quelqu’un d’autre vient de modifier la même chose. Rien n’est perdu : regardez ce qui a changé, puis recommencez.',
  'token-makes-no-token': 'Un jeton d’API n’en crée pas d’autre. Connectez-vous avec votre clé de sécurité.',
  'token-too-long':
    'Cette durée est trop longue : 90 jours au plus pour un jeton d’annuaire (SCIM), 24 heures pour les autres.',
  'token-unknown': 'Ce jeton n’existe pas.',
  'token-of-another':
    'Avec un jeton d’API, on ne révoque que ceux de la personne qui l’a créé. Connectez-vous avec votre clé de sécurité.',
  'beyond-a-token': 'Aucun jeton d’API ne donne de rôle : cela se fait dans un navigateur, avec une clé de sécurité.',
  'beyond-your-role': 'Votre rôle n’a pas ce droit : vous ne pouvez pas le donner à un jeton.',
  'bad-name': 'Un nom compte de 1 à 100 caractères, sur une ligne.',
  'same-person': 'Vous avez déjà signé. Il faut un autre administrateur : une autre de vos clés ne suffit pas.',
  'subject-person': 'Cela vous concerne : d’autres administrateurs doivent en décider.',
  'intent-changed':
    'Ce qui est demandé n’est plus ce que vous voyez, ou ce que le premier administrateur a signé. Ne signez pas : prévenez-le.',
  'first-tap-void':
    'L’administrateur qui a signé le premier a été suspendu, ou sa clé retirée. Retirez cette demande et refaites-la.',
  'key-given-by-the-other':
    'L’un de vous deux a remis à l’autre, il y a moins d’un jour, le lien qui a servi à enregistrer cette clé : une même personne pourrait détenir les deux. Attendez un jour, ou signez avec un autre administrateur.',
  'signer-void': 'Un administrateur qui a signé n’en avait plus le droit au moment d’exécuter. Rien n’a été fait.',
  'act-expired': 'Cette demande a expiré avant la seconde signature. Refaites-la.',
  'act-waits':
    'Cet acte a été signé par le seul propriétaire : il attend un jour et ne peut plus être signé. Vous pouvez le retirer.',
  'act-outdated': 'Ce qui a été signé n’existe plus sous cette forme. Rien n’a été fait : refaites la demande.',
  'act-interrupted':
    'L’exécution a été coupée avant la fin, et ne sera pas reprise. Vérifiez ce qui a été fait, puis refaites la demande au besoin.',
  'act-crashed': 'L’exécution a échoué pour une raison imprévue, inscrite au journal du serveur.',
  'unknown-act': 'Ce lien ne correspond à aucun acte. Ouvrez à nouveau celui que vous avez reçu, en entier.',
  'unknown-receipt': 'Il n’y a pas de reçu : personne n’a encore signé.',
  'sessions-only': 'Cela se signe dans un navigateur, avec une clé de sécurité. Un jeton d’API ne suffit pas.',
  'bad-reason': 'Écrivez pourquoi, en quelques mots.',
  'bad-input':
    'Une valeur manque, ou ne convient pas. Vérifiez ce que vous avez saisi ; si tout est juste, rechargez la page.',
  'no-group': 'Choisissez un groupe.',
  'unknown-session': 'Cette session n’existe pas, ou n’est plus conservée. Revenez à la liste.',
  'unknown-alert': 'Cette alerte n’existe pas, ou n’est plus conservée. Revenez à la liste.',
  'nothing-to-end':
    'Cette alerte ne concerne ni un appareil ni une personne : il n’y a rien à déconnecter. Marquez-la comme traitée.',
  'unknown-key': 'Cette clé n’existe pas.',
  'unknown-group': 'Ce groupe n’existe pas, ou n’a pas de règle.',
  'unknown-model': 'Les métadonnées ne connaissent pas ce modèle.',
  'no-picture': 'Ce modèle n’a pas d’image.',
  'upload-gone': 'Ce fichier n’est plus conservé : un jour a passé, ou il vient d’être appliqué. Envoyez-le à nouveau.',
  'not-as-shown':
    'Des clés ont été enregistrées ou révoquées entre-temps : l’effet ne serait plus celui qui a été montré. Rien n’a été fait. Regardez à nouveau, puis appliquez.',
  'blob-malformed':
    'Ce fichier n’est pas un BLOB de métadonnées FIDO. Téléchargez-le depuis mds3.fidoalliance.org et envoyez-le tel quel.',
  'blob-untrusted':
    'Les certificats de ce fichier ne mènent pas à une racine de confiance, ou ont expiré. Ne l’utilisez pas : téléchargez-le à nouveau à la source.',
  'blob-wrong-signer': 'Ce fichier n’a pas été signé par le service de métadonnées de FIDO. Ne l’utilisez pas.',
  'blob-bad-signature':
    'La signature de ce fichier n’est pas valable : il a été modifié ou abîmé. Ne l’utilisez pas ; téléchargez-le à nouveau à la source.',
  'blob-not-newer':
    'Ce fichier n’est pas plus récent que celui en vigueur : son numéro n’est pas plus grand. Il n’y a rien à faire.',
  'blob-out-of-date':
    'Ce fichier est périmé : la mise à jour suivante aurait déjà dû paraître, ou est annoncée à plus d’un an. Téléchargez le plus récent.',
  'policy-mistakes': 'Cette politique contient des erreurs : elles sont indiquées une à une. Rien n’a été appliqué.',
  'policy-unchanged': 'Il n’y a rien à faire : c’est déjà ce qui est en vigueur.',
  'unknown-version': 'Il n’y a pas de version de ce numéro.',
  'verification-busy': 'Le journal est déjà en cours de vérification. Réessayez dans une minute.',
  'too-many-acts':
    'Trop de vos demandes à deux attendent déjà. Retirez celles dont personne n’a besoin, ou attendez qu’elles soient signées.',
  'simulation-busy': 'Une autre simulation est en cours. Réessayez dans une demi-minute.',
}

const en: Record<keyof typeof fr, string> = {
  'fresh-tap-required': 'Your last tap is too old. Sign in with your key again, then start again.',
  'tap-cancelled': 'Nothing was done: the key was not touched. Do it again when you have it at hand.',
  'administrators-only': 'This page is for administrators.',
  'not-permitted': 'Your role does not allow this. Ask an administrator whose role does.',
  'invalid-token': 'This API token is not valid, or no longer is.',
  'unknown-head': 'This is neither a head that this Palier signed nor a hash of 64 hexadecimal digits. Copy all of it.',
  unavailable: 'This cannot be done at the moment. Try again in a while.',
  'edited-meanwhile':
    'Somebody else has just changed the same thing. Nothing is lost: look at what changed, then do it again.',
  'token-makes-no-token': 'An API token makes no other. Sign in with your security key.',
  'token-too-long': 'That is too long: 90 days for a token that only provisions, 24 hours for any other.',
  'token-unknown': 'There is no such token.',
  'token-of-another': 'With an API token only those of its own maker are revoked. Sign in with your security key.',
  'beyond-a-token': 'No API token gives roles: that is done in a browser, with a security key.',
  'beyond-your-role': 'Your role does not hold this permission, so you cannot give it to a token.',
  'bad-name': 'A name has 1 to 100 characters, on one line.',
  'same-person': 'You have signed already. Another administrator is needed: no other key of yours will do.',
  'subject-person': 'This is about you: other administrators must decide.',
  'intent-changed':
    'What is asked is no longer what you see, or what the first administrator signed. Do not sign: tell them.',
  'first-tap-void':
    'The administrator who signed first was suspended, or their key removed. Withdraw this request and make it again.',
  'key-given-by-the-other':
    'One of you two gave the other the link for this key less than a day ago: one person could hold both. Wait a day, or sign with another administrator.',
  'signer-void': 'An administrator who had signed no longer might when it was to be run. Nothing was done.',
  'act-expired': 'This request expired before the second signature. Make it again.',
  'act-waits': 'The only owner signed this act: it waits a day, and takes no signature any more. You can withdraw it.',
  'act-outdated': 'What was signed no longer exists in that form. Nothing was done: make the request again.',
  'act-interrupted':
    'It was cut off before its end, and is not run again. Look at what was done, then ask again if need be.',
  'act-crashed': 'It failed in a way that was not foreseen. The reason is in the log of the server.',
  'unknown-act': 'This link matches no act. Open the one you were given again, all of it.',
  'unknown-receipt': 'There is no receipt: nobody has signed yet.',
  'sessions-only': 'This is signed in a browser, with a security key. An API token will not do.',
  'bad-reason': 'Write why, in a few words.',
  'bad-input':
    'Something is missing, or a value does not fit. Look at what you typed; if all of it is right, load the page again.',
  'no-group': 'Choose a group.',
  'unknown-session': 'There is no such session, or it is no longer kept. Go back to the list.',
  'unknown-alert': 'There is no such alert, or it is no longer kept. Go back to the list.',
  'nothing-to-end': 'This alert is about no device and no person: there is nothing to end. Mark it as handled.',
  'unknown-key': 'There is no such key.',
  'unknown-group': 'There is no such group, or it has no policy.',
  'unknown-model': 'The metadata has no such model.',
  'no-picture': 'This model has no picture.',
  'upload-gone': 'This file is no longer kept: a day has passed, or it was just applied. Upload it again.',
  'not-as-shown':
    'Keys were enrolled or revoked meanwhile: the effect would no longer be what was shown. Nothing was done. Look again, then apply.',
  'blob-malformed':
    'This file is not a FIDO metadata BLOB. Download it from mds3.fidoalliance.org and upload it as it is.',
  'blob-untrusted':
    'The certificates of this file do not lead to a trusted root, or have expired. Do not use it: download it again at the source.',
  'blob-wrong-signer': 'This file was not signed by FIDO’s metadata service. Do not use it.',
  'blob-bad-signature':
    'The signature of this file is wrong: it was changed or damaged. Do not use it; download it again at the source.',
  'blob-not-newer': 'This file is not newer than the one in force: its number is not greater. There is nothing to do.',
  'blob-out-of-date':
    'This file is out of date: its next update should have appeared by now, or is more than a year away. Download the latest.',
  'policy-mistakes': 'There are mistakes in this policy: they are listed one by one. Nothing was applied.',
  'policy-unchanged': 'There is nothing to do: it is what is in force already.',
  'unknown-version': 'There is no version of that number.',
  'verification-busy': 'The log is being verified already. Try again in a minute.',
  'too-many-acts':
    'Too many acts that you asked for are waiting already. Withdraw those that nobody needs, or wait until they are signed.',
  'simulation-busy': 'Another simulation is under way. Try again in half a minute.',
}

// Here it is mostly a field left empty; elsewhere nobody types anything that could be.
addReasons({ fr, en }, { 'bad-request': 'bad-input' })
