import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `npm run dev` runs the page here and everything else in the Node server (PORT moves both).
const server = `http://127.0.0.1:${process.env.PORT || 8080}`;

export default defineConfig({
  root: 'app',
  publicDir: '../public',
  plugins: [react()],
  build: { outDir: '../dist', emptyOutDir: true, target: 'es2023' },
  worker: { format: 'es' },
  server: {
    // As the server does (server/app.ts).
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
    proxy: {
      '/peerjs': { target: server, ws: true },
      '/dealer': { target: server, ws: true },
      '/config.json': { target: server },
    },
  },
});
