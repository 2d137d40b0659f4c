// The parts of Apache ECharts that the report page uses; nothing else goes into echarts.min.js.
import { use, init, connect, graphic } from 'echarts/core';
import { BarChart, CustomChart, LineChart } from 'echarts/charts';
import {
  AriaComponent, AxisPointerComponent, DataZoomComponent, GridComponent, MarkAreaComponent, MarkLineComponent, TooltipComponent,
} from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';

use([
  AriaComponent, AxisPointerComponent, BarChart, CanvasRenderer, CustomChart, DataZoomComponent, GridComponent, LineChart,
  MarkAreaComponent, MarkLineComponent, TooltipComponent,
]);

export { init, connect, graphic };
