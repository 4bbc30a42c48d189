import '../../storage/src/index.ts';
// Breaks front-doors-load-no-nest.
export { Module } from '@nestjs/common';
