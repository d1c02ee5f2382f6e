// Takes the place of gitleaks' own file in the copy that a benchmark builds: each rule hands
// its samples to these two functions, which check nothing and write them down, one JSON object a line, to $SAMPLES.
package utils

import (
	"encoding/json"
	"os"

	"github.com/zricethezav/gitleaks/v8/config"
)

type sample struct {
	Rule   string `json:"rule"`
	Secret bool   `json:"secret"`
	// Where the text would stand, if the rule asks.
	Path string `json:"path,omitempty"`
	Text string `json:"text"`
}

func Validate(rule config.Rule, truePositives []string, falsePositives []string) *config.Rule {
	for _, text := range truePositives {
		write(sample{Rule: rule.RuleID, Secret: true, Text: text})
	}
	for _, text := range falsePositives {
		write(sample{Rule: rule.RuleID, Text: text})
	}
	return &rule
}

func ValidateWithPaths(rule config.Rule, truePositives map[string]string, falsePositives map[string]string) *config.Rule {
	for path, text := range truePositives {
		write(sample{Rule: rule.RuleID, Secret: true, Path: path, Text: text})
	}
	for path, text := range falsePositives {
		write(sample{Rule: rule.RuleID, Path: path, Text: text})
	}
	return &rule
}

var out *json.Encoder

func write(one sample) {
	if out == nil {
		file, err := os.Create(os.Getenv("SAMPLES"))
		if err != nil {
			panic(err)
		}
		out = json.NewEncoder(file)
	}
	if err := out.Encode(one); err != nil {
		panic(err)
	}
}
