/** What people can do while a run waits, by the row of the controller's table that makes it wait. */
import { REASONS } from "../../capabilities/tekton/reasons";

const IT_GOES_ON = "Nothing: this goes on by itself, within a minute.";

/** By the name of the row, see docs/phases.md; empty where what is waited for says itself what to do. */
export const ADVICE: Readonly<Record<string, string>> = {
  "pods of the run are still active": "Nothing: its placeholder goes when they have ended.",
  "TaskRuns of the run are still under way":
    "Nothing: its placeholder goes when they have ended. Where their run was deleted without them, delete them as well.",
  "another gate has not let it go yet": REASONS.WaitsForQueue.todo,
  "Tekton's Affinity Assistant would tie it to a second node": REASONS.AffinityAssistantEnabled.todo,
  "the placeholder of an earlier run is still there":
    "Nothing: Kubernetes deletes it with that run; if it stays, see what finalizer keeps that run or its StatefulSet.",
  "the placeholder's name is taken": REASONS.PlaceholderNameTaken.todo,
  "the placeholder is being deleted": IT_GOES_ON,
  "the StatefulSet was refused just now": REASONS.PlaceholderRefused.todo,
  "the pod is not there": IT_GOES_ON,
  "it waits for a node with room, and its run waits for it": "",
  "it looks for another node": "",
  "its node is not to be used any more, and its run has not started": IT_GOES_ON,
  "it was made again without its room, a moment ago": IT_GOES_ON,
  "the room of its first pods is not free yet": IT_GOES_ON,
  "it is as it should be": "",
};
