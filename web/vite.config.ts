import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { compress } from './plugins/compress.ts'

const server = process.env.JINGGAI_URL ?? 'http://127.0.0.1:8080'
const group = (name: string, test: RegExp) => ({ name, test })

// Domestic browsers lag behind: see browserslist of the targets below. Files go to dist/, which the server embeds.
export default defineConfig({
  plugins: [vue({ features: { optionsAPI: false } }), compress()],
  server: { proxy: { '/api': server, '/tiles': server } },
  define: { __VUE_PROD_DEVTOOLS__: 'false', __INTLIFY_PROD_DEVTOOLS__: 'false' },
  build: {
    target: ['chrome87', 'safari14.1', 'firefox90'],
    cssTarget: ['chrome87', 'safari14.1'],
    // Inlined pictures and fonts would need data: in the content policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Helpers for older browsers are shared by all: in the map's chunk they would load the map with every page.
            { ...group('helpers', /@oxc-project.runtime|@babel.runtime|preload-helper/), priority: 10 },
            group('vue', /node_modules[\\/](@vue|vue|vue-router|vue-i18n|@intlify)[\\/]/),
            group('ol', /node_modules[\\/](ol|rbush|earcut|pbf|quickselect)[\\/]/),
          ],
        },
      },
    },
  },
})
