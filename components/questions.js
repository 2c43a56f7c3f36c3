// Finds the server's answer to the latest question. Each question has a number, which the server
// returns as `question` with its answer: answers may come late, or in another order.
export class Questions {
  // answer: the first one shown.
  constructor(answer) {
    this.asked = this.shown = answer?.question || 0;
  }

  // The data of a server event, with the next number. data: the rest of it.
  next(data = {}) {
    this.asked += 1;
    return { ...data, question: this.asked };
  }

  // Whether to show the answer: only if no newer one was shown before.
  takes(answer) {
    const number = answer?.question || 0;
    if (number < this.shown) return false;
    this.shown = number;
    return true;
  }

  // Whether no question came after this answer's question.
  isLatest(answer) {
    return (answer?.question || 0) === this.asked;
  }
}
