/** One dealer, one session. Knows of no socket, no code and no other session. */
import { runDealer } from '../src/protocol/dealer';
import { work } from './work';

work(runDealer);
