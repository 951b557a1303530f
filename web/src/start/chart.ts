// The charts, by parts: only what is drawn is loaded, and only with a page that draws.
import { BarChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'

use([BarChart, GridComponent, TooltipComponent, SVGRenderer])
export { init }
export type { ECharts } from 'echarts/core'
