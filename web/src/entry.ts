// One page, two programs: the console, and the big screen under its own address. Neither loads the other.
void (/^\/screen\/?$/.test(location.pathname) ? import('./screen/main') : import('./main'))
export {}
