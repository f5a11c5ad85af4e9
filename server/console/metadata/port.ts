// What the console needs kept of models of keys, beside what imports need.
import type { MetadataDeps } from '../../webauthn/metadata.ts'
import type { AuthenticatorModel, MetadataImport } from '../../webauthn/port.ts'

export interface MetadataConsole extends MetadataDeps {
  /** Imports, the newest first, at most so many. */
  imports(limit: number): Promise<readonly MetadataImport[]>
  /** Every model with the parts of its entry that are judged, and none of its pictures nor roots. */
  modelsBriefly(): Promise<readonly AuthenticatorModel[]>
  /** Active keys of each model, by AAGUID; also of models that the metadata does not have. */
  enrolled(): Promise<ReadonlyMap<string, number>>
  /** The picture of a model as the metadata gives it: any text. */
  icon(aaguid: string): Promise<string | null>
  /** Keeps a BLOB that was looked at, until it is applied or a day is over. */
  keepUpload(upload: {
    readonly hash: string
    readonly jwt: string
    readonly by: string
    readonly at: Date
  }): Promise<void>
  upload(hash: string): Promise<string | null>
  dropUpload(hash: string): Promise<void>
}
