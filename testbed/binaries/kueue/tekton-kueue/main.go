// Command tekton-kueue stands in for the controller of github.com/konflux-ci/tekton-kueue, which cannot be had from the Go
// module proxy: a PipelineRun with a queue's label is a job of Kueue's own framework for jobs, as there. Its webhook is not
// here. What is taken from internal/controller/pipelinerun_controller.go (at 017b8bd): when a run counts as suspended,
// active and finished, what it asks for, and that one which runs without having been admitted is stopped by
// StoppedRunFinally.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	kueueconfig "sigs.k8s.io/kueue/apis/config/v1beta2"
	kueue "sigs.k8s.io/kueue/apis/kueue/v1beta2"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	"sigs.k8s.io/kueue/pkg/podset"
)

const (
	pending            = "PipelineRunPending"
	stopped            = "StoppedRunFinally"
	requestsAnnotation = "kueue.konflux-ci.dev/requests-"
	pipelineRuns       = "tekton.dev/pipelineruns"
)

var group = schema.GroupVersion{Group: "tekton.dev", Version: "v1"}

// PipelineRun has the fields that decide something here. It is only ever patched, so that no other field is lost.
type PipelineRun struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              struct {
		Status string `json:"status,omitempty"`
	} `json:"spec,omitempty"`
	Status struct {
		StartTime  *metav1.Time `json:"startTime,omitempty"`
		Conditions []struct {
			Type    string `json:"type"`
			Status  string `json:"status"`
			Reason  string `json:"reason,omitempty"`
			Message string `json:"message,omitempty"`
		} `json:"conditions,omitempty"`
	} `json:"status,omitempty"`
}

// PipelineRunList is what a watch begins with.
type PipelineRunList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PipelineRun `json:"items"`
}

func copied[T any](from *T) *T {
	text, err := json.Marshal(from)
	if err != nil {
		panic(err)
	}
	to := new(T)
	if err := json.Unmarshal(text, to); err != nil {
		panic(err)
	}
	return to
}

func (r *PipelineRun) DeepCopyObject() runtime.Object     { return copied(r) }
func (l *PipelineRunList) DeepCopyObject() runtime.Object { return copied(l) }

// job is a PipelineRun as Kueue's framework sees it.
type job struct{ run *PipelineRun }

var _ jobframework.JobWithCustomStop = job{}

func newJob() jobframework.GenericJob { return job{run: &PipelineRun{}} }

func (j job) Object() client.Object        { return j.run }
func (j job) GVK() schema.GroupVersionKind { return group.WithKind("PipelineRun") }
func (j job) IsSuspended() bool            { return j.run.Spec.Status == pending }
func (j job) IsActive() bool               { return !j.run.Status.StartTime.IsZero() }

// Suspend is not called where Stop is there.
func (j job) Suspend() {}

func (j job) RunWithPodSetsInfo(context.Context, []podset.PodSetInfo) error {
	j.run.Spec.Status = ""
	return nil
}

func (j job) RestorePodSetsInfo([]podset.PodSetInfo) bool { return false }
func (j job) PodsReady(context.Context) bool              { return false }

func (j job) Finished(context.Context) (message string, success, finished bool) {
	for _, condition := range j.run.Status.Conditions {
		if condition.Type == "Succeeded" {
			success = condition.Reason == "Succeeded" || condition.Reason == "Completed"
			return condition.Message, success, condition.Status != "Unknown"
		}
	}
	return "", false, false
}

func (j job) Stop(ctx context.Context, c client.Client, _ []podset.PodSetInfo, _ jobframework.StopReason, _ string) (bool, error) {
	_, _, finished := j.Finished(ctx)
	if finished || (j.run.Spec.Status != "" && j.run.Spec.Status != pending) {
		return false, nil
	}
	before := copied(j.run)
	j.run.Spec.Status = stopped
	return true, c.Patch(ctx, j.run, client.MergeFrom(before))
}

func (j job) PodSets(context.Context) ([]kueue.PodSet, error) {
	requests := corev1.ResourceList{pipelineRuns: resource.MustParse("1")}
	for key, value := range j.run.Annotations {
		name, isOne := strings.CutPrefix(key, requestsAnnotation)
		if !isOne {
			continue
		}
		quantity, err := resource.ParseQuantity(value)
		if err != nil {
			return nil, jobframework.UnretryableError(err.Error())
		}
		requests[corev1.ResourceName(name)] = quantity
	}
	container := corev1.Container{Name: "dummy", Image: "dummy"}
	container.Resources.Requests = requests
	template := corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{container}}}
	return []kueue.PodSet{{Name: "pod-set-1", Template: template, Count: 1}}, nil
}

func run(probeAddress string) error {
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(group, &PipelineRun{}, &PipelineRunList{})
	metav1.AddToGroupVersion(scheme, group)
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, kueue.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                 scheme,
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: probeAddress,
	})
	if err != nil {
		return err
	}
	ctx := ctrl.SetupSignalHandler()
	factory := jobframework.NewGenericReconcilerFactory(newJob, func(b *builder.Builder, _ client.Client) *builder.Builder {
		return b.Named("PipelineRunWorkloads")
	})
	reconciler, err := factory(ctx, manager.GetClient(), manager.GetFieldIndexer(), manager.GetEventRecorderFor("kueue-plr"),
		jobframework.WithWaitForPodsReady((*kueueconfig.WaitForPodsReady)(nil)))
	if err != nil {
		return err
	}
	if err := reconciler.SetupWithManager(manager); err != nil {
		return err
	}
	if err := jobframework.SetupWorkloadOwnerIndex(ctx, manager.GetFieldIndexer(), newJob().GVK()); err != nil {
		return err
	}
	if err := manager.AddReadyzCheck("readyz", healthz.Ping); err != nil {
		return err
	}
	return manager.Start(ctx)
}

func main() {
	probeAddress := flag.String("health-probe-bind-address", ":8081", "Where /readyz is served.")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(*probeAddress); err != nil {
		ctrl.Log.Error(err, "cannot go on")
		os.Exit(1)
	}
}
