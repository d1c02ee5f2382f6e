/** An object that is being made: nothing of it is readonly yet. */
export type Draft<T> = { -readonly [Name in keyof T]: T[Name] };
