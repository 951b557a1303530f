// 大屏: for a wall, always dark. Nothing of the console's pages is loaded with it.
import { createApp, watchEffect } from 'vue'
import { i18n, setLanguage } from '../i18n'
import { listen } from '../keys'
import { dark } from '../theme'
import '../tokens.css'
import './screen.css'
import ScreenApp from './ScreenApp.vue'

// Chrome 87 to 92 lack it; the map calls it.
if (!Object.hasOwn) Object.hasOwn = (o, k) => Object.prototype.hasOwnProperty.call(o, k)

watchEffect(() => (dark.value = true))
setLanguage(i18n.global.locale.value === 'en' ? 'en' : 'zh')
listen()
createApp(ScreenApp).use(i18n).mount('#app')
