import { describeNative } from './langsmith-suite.js';

describeNative();
