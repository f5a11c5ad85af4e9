// Routes on files.
import type { Row } from './routes.ts'
import { read, write } from './routes-passed.ts'

const MEDIA_REASON = 'Content-Length, or the bytes taken in; a thumbnail cropped to at most 96 by 96 counts no file'
const UPLOAD_BYTES = 100 * 1024 * 1024
const MEDIA_READ = {
  methods: ['GET'],
  prefix: 'client-v1',
  unit: 'media',
  treatment: 'metered',
  reason: MEDIA_REASON,
  parameters: ['width', 'height', 'method', 'animated', 'timeout_ms', 'allow_remote', 'allow_redirect'],
} as const
const PREVIEW = {
  methods: ['GET'],
  unit: null,
  treatment: 'passed',
  reason: 'a page elsewhere, fetched by the homeserver: nothing of its rooms or people; asks for a token',
} as const
const LEGACY = {
  methods: ['GET'],
  prefix: 'media',
  unit: 'media',
  treatment: 'closed',
  reason: 'legacy media asks for no token: anyone with the id could read it unmetered',
  anonymous: true,
  legacyMedia: true,
} as const
export const MEDIA_ROUTES: readonly Row[] = [
  { ...MEDIA_READ, id: 'media.download', pattern: 'media/download/{serverName}/{mediaId}' },
  { ...MEDIA_READ, id: 'media.download.name', pattern: 'media/download/{serverName}/{mediaId}/{fileName*}' },
  { ...MEDIA_READ, id: 'media.thumbnail', pattern: 'media/thumbnail/{serverName}/{mediaId}' },
  {
    ...MEDIA_READ,
    id: 'unstable.media.download',
    prefix: 'client-unstable',
    pattern: 'org.matrix.msc3916/media/download/{serverName}/{mediaId}',
  },
  {
    ...MEDIA_READ,
    id: 'unstable.media.download.name',
    prefix: 'client-unstable',
    pattern: 'org.matrix.msc3916/media/download/{serverName}/{mediaId}/{fileName*}',
  },
  {
    ...MEDIA_READ,
    id: 'unstable.media.thumbnail',
    prefix: 'client-unstable',
    pattern: 'org.matrix.msc3916/media/thumbnail/{serverName}/{mediaId}',
  },
  { ...PREVIEW, id: 'media.preview_url', prefix: 'client-v1', pattern: 'media/preview_url' },
  read('media.config', 'media/config', 'client-v1'),
  read('media.legacy.config', 'config', 'media'),
  { ...PREVIEW, id: 'media.legacy.preview_url', prefix: 'media', pattern: 'preview_url' },
  { ...write('media.upload', ['POST'], 'upload', 'media'), maxBodyBytes: UPLOAD_BYTES },
  { ...write('media.upload.put', ['PUT'], 'upload/{serverName}/{mediaId}', 'media'), maxBodyBytes: UPLOAD_BYTES },
  write('media.create', ['POST'], 'create', 'media'),
  { ...LEGACY, id: 'media.legacy.download', pattern: 'download/{serverName}/{mediaId}' },
  { ...LEGACY, id: 'media.legacy.download.name', pattern: 'download/{serverName}/{mediaId}/{fileName*}' },
  { ...LEGACY, id: 'media.legacy.thumbnail', pattern: 'thumbnail/{serverName}/{mediaId}' },
]
