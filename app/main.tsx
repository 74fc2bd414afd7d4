import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { exposeSnapshot } from './automation';
import { Insecure } from './pages/Insecure';
import { useAdapter } from './stores/adapter';
import { askServer } from './stores/server';
import { followTheme } from './stores/theme';
import './styles/index.css';

followTheme();
exposeSnapshot();
useAdapter.getState().look();
askServer();

createRoot(document.getElementById('root')!).render(
  <StrictMode>{isSecureContext ? <App /> : <Insecure />}</StrictMode>,
);
