export function testsIn(...directories: string[]): string[];
export function sideBySide(directories: readonly string[]): string[];
export const ofTime: readonly string[];
