/** The heads of the list's columns; each puts the list in its order. */
import { NODULE_ORDERS, type NoduleOrder, ORDER_WORDS } from '../state/noduleOrder.ts';

interface Props {
  readonly order: NoduleOrder;
  readonly onOrder: (order: NoduleOrder) => void;
}

export function NoduleColumns({ order, onOrder }: Props) {
  return (
    <div className="nl-nodule nl-head nl-small nl-dim" role="group" aria-label="Order of the nodules">
      <span />
      {NODULE_ORDERS.map((column) => (
        <button
          key={column}
          type="button"
          className={column === 'malignancy' || column === 'readers' ? 'nl-figure' : undefined}
          aria-pressed={column === order}
          aria-label={`By ${column}, ${ORDER_WORDS[column]}`}
          title={`Order by ${column}, ${ORDER_WORDS[column]}`}
          onClick={() => onOrder(column)}
          data-testid={`order-${column}`}
        >
          {column}
        </button>
      ))}
    </div>
  );
}
