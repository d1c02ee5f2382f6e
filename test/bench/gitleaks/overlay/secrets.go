// Takes the place of gitleaks' own file in the copy that a benchmark builds: the same made-up
// secrets in every run.
package secrets

import "github.com/lucasjones/reggen"

var made int64

func NewSecret(regex string) string {
	generator, err := reggen.NewGenerator(regex)
	if err != nil {
		panic(err)
	}
	made++
	generator.SetSeed(made)
	return generator.Generate(1)
}
