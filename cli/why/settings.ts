/** The controller's own settings are not known here; of these the table asks for pauses, keys and one command alone. */
import { parseSettings } from "../../capabilities/choices/settings";

export const SETTINGS = { ...parseSettings({}), ON_NEVER_FITS: "wait" as const };
