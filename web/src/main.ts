import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import App from './App.vue'
import { Problem } from './api/http'
import { i18n, setLanguage } from './i18n'
import { listen } from './keys'
import { router } from './router'
import './theme'
import './ui/el'
import './tokens.css'

// Chrome 87 to 92 lack it; the map calls it.
if (!Object.hasOwn) Object.hasOwn = (o, k) => Object.prototype.hasOwnProperty.call(o, k)

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it refuses again; a broken line may mend.
      retry: (times, e) => times < 2 && e instanceof Problem && (e.status === 0 || e.status === 503),
      refetchOnWindowFocus: false,
    },
  },
})

setLanguage(i18n.global.locale.value === 'en' ? 'en' : 'zh')
listen()
createApp(App).use(i18n).use(VueQueryPlugin, { queryClient: queries }).use(router).mount('#app')
