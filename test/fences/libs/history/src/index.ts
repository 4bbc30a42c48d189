import './inner.ts';
