// Command checkrules reads a JSON object from standard input: Prometheus rule files and queries, each by a name. It
// has them checked by Prometheus' own code, as `promtool check rules` does, and writes what is wrong with each, and
// which metrics it asks for.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

type input struct {
	// Whole rule files, as YAML.
	Rules map[string]string `json:"rules"`
	// Single expressions, such as those of a dashboard.
	Queries map[string]string `json:"queries"`
}

type answer struct {
	Errors  []string `json:"errors"`
	Metrics []string `json:"metrics"`
}

func metricsOf(expression parser.Expr) []string {
	metrics := []string{}
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			metrics = append(metrics, selector.Name)
		}
		return nil
	})
	return metrics
}

func (a *answer) addQuery(p parser.Parser, query string) {
	expression, err := p.ParseExpr(query)
	if err != nil {
		a.Errors = append(a.Errors, err.Error())
		return
	}
	a.Metrics = append(a.Metrics, metricsOf(expression)...)
}

func checkRules(p parser.Parser, text string) *answer {
	found := &answer{Errors: []string{}, Metrics: []string{}}
	groups, errs := rulefmt.Parse([]byte(text), false, model.LegacyValidation, p, slog.New(slog.NewTextHandler(io.Discard, nil)))
	for _, err := range errs {
		found.Errors = append(found.Errors, err.Error())
	}
	if groups == nil || len(errs) > 0 {
		return found
	}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			found.addQuery(p, rule.Expr)
		}
	}
	return found
}

func run() error {
	var given input
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return err
	}
	p := parser.NewParser(parser.Options{})
	answers := map[string]*answer{}
	for name, text := range given.Rules {
		answers[name] = checkRules(p, text)
	}
	for name, query := range given.Queries {
		found := &answer{Errors: []string{}, Metrics: []string{}}
		found.addQuery(p, query)
		answers[name] = found
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
