import { createNodeResolver, importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** Another folder of src/ is imported through its index only, by files that are `depth` folders below src/. */
const throughTheIndex = (depth) => ({
  files: [`src/${"*/".repeat(depth)}*.ts`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            regex: `^(\\.\\./){${depth}}[a-z0-9-]+/(?!index\\.ts$).+\\.ts$`,
            message: "Import another folder through its index.ts.",
          },
        ],
      },
    ],
  },
});

export default tseslint.config(
  {
    ignores: [
      ...["node_modules/", "artifacts/", "cache/", "types/", "coverage/", "data/", "deployments/", "dist/"],
      // Its programs are written as users write them, and their packages are not installed where the others are.
      "compatibility/",
    ],
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.base],
    plugins: { "import-x": importX },
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    settings: {
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".js", ".json"] })],
      "import-x/external-module-folders": ["node_modules"],
    },
    rules: {
      eqeqeq: "error",
      "no-constant-condition": ["error", { checkLoops: false }],
      "no-fallthrough": "error",
      // Node.js only strips types. The compiler's own check (erasableSyntaxOnly) would refuse generated contract types.
      "no-restricted-syntax": [
        "error",
        { selector: "TSEnumDeclaration", message: "Node.js does not run enums." },
        { selector: "TSModuleDeclaration:not([declare=true])", message: "Node.js does not run namespaces." },
        { selector: "TSParameterProperty", message: "Node.js does not run parameter properties." },
        { selector: "TSImportEqualsDeclaration, TSExportAssignment", message: "Node.js does not run this syntax." },
      ],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      "import-x/no-self-import": "error",
      "import-x/no-extraneous-dependencies": [
        "error",
        { devDependencies: ["test/**", "scripts/**", "benchmarks/**", "deploy/**", "hardhat.config.ts"] },
      ],
      "import-x/no-default-export": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-base-to-string": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unnecessary-condition": ["error", { allowConstantLoopConditions: true }],
      "@typescript-eslint/no-unnecessary-type-assertion": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/prefer-promise-reject-errors": "error",
      "@typescript-eslint/restrict-plus-operands": "error",
      "@typescript-eslint/return-await": ["error", "in-try-catch"],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  ...[1, 2, 3].map(throughTheIndex),
  {
    // chai's property assertions are expressions, and a test may assert what the types already promise.
    files: [
      "test/**/*.ts",
      "benchmarks/**/*.ts",
      "scripts/*-campaign.ts",
      "scripts/conformance*/**/*.ts",
      "scripts/fuzz-machine*.ts",
    ],
    rules: {
      // Hardhat's matchers make deep.equal compare numbers: "0x00", "0x0" and 0 are the same to it, and so are two
      // spellings of an address. eql stays what it is.
      "no-restricted-syntax": [
        "error",
        {
          selector: "MemberExpression[property.name='equal'][object.property.name='deep']",
          message: "Use eql, which tells 0x00 from 0x0.",
        },
      ],
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unnecessary-condition": "off",
    },
  },
  {
    // Read by tools that ask for a default export.
    files: ["hardhat.config.ts", "deploy/**/*.ts"],
    rules: { "import-x/no-default-export": "off" },
  },
);
