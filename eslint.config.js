// The rules of the JavaScript: those of the language, a type and a sentence on everything, files that one can read at once.

import js from "@eslint/js";
import jsdoc from "eslint-plugin-jsdoc";
import globals from "globals";

const LINES_A_FILE = 300;
const LINES_A_FUNCTION = 50;

export default [
  { ignores: ["**/node_modules/"] },
  js.configs.recommended,
  jsdoc.configs["flat/recommended-typescript-flavor-error"],
  {
    languageOptions: { ecmaVersion: 2022, sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "max-lines": ["error", LINES_A_FILE],
      "max-lines-per-function": ["error", LINES_A_FUNCTION],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-restricted-properties": [
        "error",
        // What a person typed is never read as HTML.
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({ property })),
      ],
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      // A sentence where the types do not tell; what a name says is not said again.
      "jsdoc/require-param-description": "off",
      "jsdoc/require-property-description": "off",
      "jsdoc/require-returns": "off",
      "jsdoc/require-returns-description": "off",
      "jsdoc/tag-lines": "off",
      // Whether a type is one, and is returned, is for TypeScript to say.
      "jsdoc/valid-types": "off",
      "jsdoc/require-returns-check": "off",
      "jsdoc/require-jsdoc": [
        "error",
        { publicOnly: true, require: { ClassDeclaration: true, MethodDefinition: true, FunctionDeclaration: true } },
      ],
    },
    settings: { jsdoc: { mode: "typescript", tagNamePreference: { augments: "extends" } } },
  },
  { files: ["viz_app/**/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["tests/**/*.js", "*.js"], languageOptions: { globals: globals.node } },
];
