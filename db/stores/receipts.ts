// What step-up reads of devices and keys: how a device looked when it signed in, and a key's enrolment record.
import { eq } from 'drizzle-orm'
import { base64Url } from '../../server/platform/encoding.ts'
import type { DeviceFacts, ReceiptCredentials } from '../../server/stepup/port.ts'
import type { Database } from '../client.ts'
import { credentials } from '../schema/people.ts'
import { devices } from '../schema/sessions.ts'

export function deviceFacts(db: Database): DeviceFacts {
  return {
    async describe(device) {
      const [row] = await db
        .select({
          name: devices.displayName,
          client: devices.client,
          network: devices.network,
          signedInAt: devices.createdAt,
        })
        .from(devices)
        .where(eq(devices.id, device))
      return row ?? null
    },
  }
}

export function receiptCredentials(db: Database): ReceiptCredentials {
  return {
    async forReceipt(credentialId) {
      const [row] = await db.select().from(credentials).where(eq(credentials.id, credentialId))
      if (!row) throw new Error('no such credential')
      return {
        id: row.id,
        webauthn_id: row.webauthnId,
        public_key: base64Url(row.publicKey),
        aaguid: row.aaguid,
        policy: row.policy,
        enrolled_at: row.createdAt.toISOString(),
        attestation_object: base64Url(row.attestationObject),
        registration_client_data: base64Url(row.registrationClientData),
      }
    },
  }
}
