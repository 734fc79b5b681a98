/** Lists of words in settings and annotations: words between commas. */
export const listed = (text: string): string[] =>
  text
    .split(",")
    .map(word => word.trim())
    .filter(word => word !== "");
