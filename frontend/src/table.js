// Entry: the editor of a decision table.
export {};
