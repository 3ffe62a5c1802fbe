import { describeMode } from './langsmith-suite.js';

describeMode('langsmith');
