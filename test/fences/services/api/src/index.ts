import '../../scheduler/src/index.ts';
import '../../../libs/history/src/inner.ts';
