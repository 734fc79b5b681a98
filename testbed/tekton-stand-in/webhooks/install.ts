/** Making the API server call the webhooks: conversion in the CRDs, and two webhook configurations. */
import {
  KubernetesObjectApi,
  PatchStrategy,
  type KubeConfig,
  type KubernetesObject,
  type V1MutatingWebhookConfiguration,
  type V1RuleWithOperations,
  type V1ValidatingWebhookConfiguration,
} from "@kubernetes/client-node";
import { group } from "../keys";

const converted = ["pipelineruns", "taskruns", "pipelines", "tasks"];
const timeoutSeconds = 10;
const fieldManager = "tekton-stand-in";

const rule = (resources: string[], operations: string[], apiVersions: string[]): V1RuleWithOperations => ({
  apiGroups: [group],
  apiVersions,
  operations,
  resources,
});

/** Tekton's webhooks see every update; these see only the ones that change a spec, as they do nothing on others. */
const specChanges = [
  { name: "spec-changes", expression: "request.operation == 'CREATE' || object.spec != oldObject.spec" },
];

const client = (url: string, path: string, caBundle: string) => ({ url: `${url}${path}`, caBundle });

function mutating(url: string, caBundle: string): V1MutatingWebhookConfiguration {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "webhook.pipeline.tekton.dev" },
    webhooks: [
      {
        name: "webhook.pipeline.tekton.dev",
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        failurePolicy: "Fail",
        timeoutSeconds,
        clientConfig: client(url, "/defaulting", caBundle),
        rules: [
          rule(converted, ["CREATE", "UPDATE"], ["v1", "v1beta1"]),
          rule(["customruns"], ["CREATE", "UPDATE"], ["v1beta1"]),
        ],
        matchConditions: specChanges,
      },
    ],
  };
}

function validating(url: string, caBundle: string): V1ValidatingWebhookConfiguration {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "validation.webhook.pipeline.tekton.dev" },
    webhooks: [
      {
        name: "validation.webhook.pipeline.tekton.dev",
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        failurePolicy: "Fail",
        timeoutSeconds,
        clientConfig: client(url, "/validation", caBundle),
        rules: [
          rule(["pipelineruns"], ["CREATE", "UPDATE"], ["v1", "v1beta1"]),
          rule(["taskruns"], ["UPDATE"], ["v1", "v1beta1"]),
        ],
        matchConditions: specChanges,
      },
    ],
  };
}

const conversion = (plural: string, url: string, caBundle: string) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    conversion: {
      strategy: "Webhook",
      webhook: { conversionReviewVersions: ["v1"], clientConfig: client(url, "/conversion", caBundle) },
    },
  },
});

/**
 * Installs all of them, in place of those of an earlier process.
 *
 * @param url where the webhooks are served
 * @param authority PEM of the certificate authority of that server
 */
export async function installWebhooks(kubeConfig: KubeConfig, url: string, authority: string): Promise<void> {
  const objects = KubernetesObjectApi.makeApiClient(kubeConfig);
  const caBundle = Buffer.from(authority).toString("base64");
  const definitions = converted.map(plural => conversion(plural, url, caBundle));
  await Promise.all(
    definitions.map(definition =>
      objects.patch(
        definition as KubernetesObject,
        undefined,
        undefined,
        fieldManager,
        undefined,
        PatchStrategy.MergePatch,
      ),
    ),
  );
  for (const configuration of [mutating(url, caBundle), validating(url, caBundle)]) {
    await objects.patch(
      configuration,
      undefined,
      undefined,
      fieldManager,
      true,
      PatchStrategy.ServerSideApply,
    );
  }
}
