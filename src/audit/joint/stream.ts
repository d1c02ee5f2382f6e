/** Leaves of one replica that follow on one another, on their way to the log that several replicas share. */
export interface Parcel {
  readonly replica: string;
  readonly leaves: readonly Buffer[];
}

/** A parcel in the stream; ids sort in the order of the stream. */
export interface Waiting {
  readonly id: string;
  readonly parcel: Parcel;
}

/** Where replicas put their leaves, and the sequencer takes them from. What it loses, replicas put there again. */
export interface LeafStream {
  /** Puts a parcel at the end; gives its id. */
  add(parcel: Parcel): Promise<string>;
  /** The oldest parcels, at most that many, after the one of that id where one is given. */
  read(count: number, after?: string): Promise<readonly Waiting[]>;
  /** Whether the parcel of that id still waits. */
  has(id: string): Promise<boolean>;
  /** Forgets every parcel up to that id. */
  trim(upTo: string): Promise<void>;
}

/** Lets one replica at a time do the sequencing. It saves work; that nothing goes wrong does not hang on it. */
export interface Lease {
  /** Takes the lease, or holds it longer; false while another replica has it. */
  hold(): Promise<boolean>;
  /** Gives it up, if it is ours. */
  release(): Promise<void>;
}
