// /console — the administration: one page whose parts are loaded as they are opened.
import '../shared/theme.css'
import './console.css'
import './reasons.ts'
import { start } from '../shared/frame.tsx'
import { App } from './app.tsx'

start(<App />)
