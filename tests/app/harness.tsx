/**
 * Shows the real pages in one moment of a session, without a session: harness.html?scene=NAME (see scenes.ts). For tests
 * and for looking at the design; nothing of it is part of the built app.
 */
import { createRoot } from 'react-dom/client';
import { App } from '../../app/App';
import { exposeSnapshot } from '../../app/automation';
import { useAdapter } from '../../app/stores/adapter';
import { followTheme } from '../../app/stores/theme';
import '../../app/styles/index.css';
import type { SceneName } from './scene-names';
import { SCENES } from './scenes';

const name = new URLSearchParams(location.search).get('scene') ?? 'lobby';
const scene = SCENES[name as SceneName];
if (!scene) throw new Error('There is no such scene.');
followTheme();
exposeSnapshot();
useAdapter.setState({ webgpu: true, description: 'WebGPU (made-up adapter)' });
location.hash = scene.hash;
await scene.prepare?.();
createRoot(document.getElementById('root')!).render(<App />);
